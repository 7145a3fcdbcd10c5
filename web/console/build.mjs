import { buildPage } from '../tools/page.mjs';

await buildPage({ folder: 'console', title: 'Muster' });
