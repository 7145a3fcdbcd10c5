import '@muster/ui/base.css';
import './explorer.css';
import { restoreSession } from '@muster/ui';
import { render } from 'preact';
import { App } from './app.tsx';

// Without a session, or while the server is not reached, everything but calls is there all the same.
restoreSession().catch(() => undefined);
const root = document.getElementById('app');
if (root) render(<App />, root);
