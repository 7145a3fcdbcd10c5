import { LANGUAGES, type Language, language, setLanguage } from '../language.ts';
import { setTheme, THEMES, type Theme, theme } from '../theme.ts';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import type { IconName } from './icon.tsx';
import { partWords } from './parts.words.ts';

const SIGNS: Readonly<Record<Theme, IconName>> = { system: 'system', light: 'sun', dark: 'moon' };

/** Goes through the themes. */
export function ThemeChoice() {
  const say = useWords(partWords);
  const chosen = theme.value;
  const name = { system: say.themeSystem, light: say.themeLight, dark: say.themeDark }[chosen];
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? 'system';
  return <Button kind="quiet" icon={SIGNS[chosen]} label={`${say.theme}: ${name}`} onClick={() => setTheme(next)} />;
}

/** Changes between the languages; the button is named by the other one, for whoever reads only that. */
export function LanguageChoice() {
  const other: Language = language.value === 'en' ? 'zh' : 'en';
  return (
    <Button kind="quiet" icon="globe" onClick={() => setLanguage(other)}>
      {LANGUAGES[other]}
    </Button>
  );
}
