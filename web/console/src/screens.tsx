import { Empty, useWords } from '@muster/ui';
import { useEffect } from 'preact/hooks';
import { Route, Router, useLocation } from 'preact-iso/router';
import { AppScreen } from './app/app.tsx';
import { AppsScreen } from './apps/apps.tsx';
import { words } from './frame/frame.words.ts';
import { HOME } from './frame/sections.ts';
import { GroupScreen } from './group/group.tsx';

/** The screen of an address. */
export function Screens() {
  return (
    <Router>
      <Route path={HOME} component={Home} />
      <Route path="/console/apps" component={AppsScreen} />
      <Route path="/console/apps/:app" component={AppScreen} />
      <Route path="/console/apps/:app/:group" component={GroupScreen} />
      <Route default component={Nothing} />
    </Router>
  );
}

function Home() {
  const { route } = useLocation();
  useEffect(() => route('/console/apps', true), [route]);
  return null;
}

function Nothing() {
  const say = useWords(words);
  return (
    <Empty title={say.nothing}>
      <p>{say.nothingMore}</p>
      <a class="button" href={HOME}>
        {say.home}
      </a>
    </Empty>
  );
}
