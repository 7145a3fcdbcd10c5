import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cutMiddle, relatively } from '../src/format.ts';

const TOKENS = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8');

/** The names and values of a block of the tokens. */
function block(selector: string): Record<string, string> {
  const text = TOKENS.split(`${selector} {`)[1]?.split('}')[0] ?? '';
  return Object.fromEntries(
    [...text.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

const LIGHT = block(':root');
const DARK = block(':root[data-theme="dark"]');

/** Relative luminance (WCAG 2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('the dark that the system asks for is the dark that is chosen', () => {
  assert.deepEqual(block(':root:not([data-theme="light"])'), DARK);
  assert.deepEqual(new Set(Object.keys(LIGHT)), new Set(Object.keys(DARK)));
});

for (const [theme, tokens] of Object.entries({ light: LIGHT, dark: DARK })) {
  test(`every text can be read in the ${theme}`, () => {
    const on = {
      ink: 'paper surface sunken',
      'ink-2': 'paper surface sunken',
      'ink-3': 'paper surface sunken',
      accent: 'paper surface',
    };
    const more = {
      'accent-strong': 'accent-soft',
      'accent-ink': 'accent',
      danger: 'surface',
      'danger-strong': 'danger-soft',
      warn: 'warn-soft',
      surface: 'danger',
    };
    for (const [text, grounds] of Object.entries({ ...on, ...more })) {
      for (const ground of grounds.split(' ')) {
        const found = contrast(tokens[text] ?? '', tokens[ground] ?? '');
        assert.ok(found >= 4.5, `${text} on ${ground}: ${found.toFixed(2)}`);
      }
    }
  });
}

test('an id keeps both its ends', () => {
  assert.equal(cutMiddle('1234567890', 20), '1234567890');
  assert.equal(cutMiddle('1234567890', 7), '123…890');
});

test('a moment is told by the largest unit that it fills', () => {
  const at = Date.UTC(2026, 10, 29);
  assert.equal(relatively(at - 5_000, at), '5 sec. ago');
  assert.equal(relatively(at - 7_200_000, at), '2 hr. ago');
  assert.equal(relatively(at, at), 'now');
});
