import { useWords } from '@muster/ui';
import { Route, Router } from 'preact-iso/router';
import { AccessScreen } from './access/access.tsx';
import { AppScreen } from './app/app.tsx';
import { AppsScreen } from './apps/apps.tsx';
import { CallbacksScreen } from './callbacks/callbacks.tsx';
import { ChatScreen } from './chats/chat.tsx';
import { ChannelScreen, ChannelsScreen } from './chats/chats.tsx';
import { words } from './frame/frame.words.ts';
import { Screen } from './frame/screen.tsx';
import { HOME } from './frame/sections.ts';
import { GroupScreen } from './group/group.tsx';
import { ModerationScreen } from './moderation/moderation.tsx';
import { OverviewScreen } from './overview/overview.tsx';

/** The screen of an address. */
export function Screens() {
  return (
    <Router>
      <Route path={HOME} component={OverviewScreen} />
      <Route path="/console/apps" component={AppsScreen} />
      <Route path="/console/apps/:app" component={AppScreen} />
      <Route path="/console/apps/:app/:group" component={GroupScreen} />
      <Route path="/console/chats" component={ChannelsScreen} />
      <Route path="/console/chats/:channel" component={ChannelScreen} />
      <Route path="/console/chats/:channel/:group" component={ChatScreen} />
      <Route path="/console/access" component={AccessScreen} />
      <Route path="/console/callbacks" component={CallbacksScreen} />
      <Route path="/console/moderation" component={ModerationScreen} />
      <Route default component={Nothing} />
    </Router>
  );
}

function Nothing() {
  const say = useWords(words);
  return (
    <Screen title={say.nothing}>
      <p class="unit">{say.nothingMore}</p>
      <div>
        <a class="button" href={HOME}>
          {say.home}
        </a>
      </div>
    </Screen>
  );
}
