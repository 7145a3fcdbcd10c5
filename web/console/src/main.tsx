import '@muster/ui/base.css';
import './frame/frame.css';
import './group/group.css';
import './screens.css';
import './chats/chats.css';
import { restoreSession } from '@muster/ui';
import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('app');
if (root) render(<App restored={restoreSession()} />, root);
