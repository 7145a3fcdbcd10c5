/** The client as one ES module without dependencies, `/sdk/muster.js`: it finds its server beside itself. */

import { setScript } from './address.ts';

setScript(import.meta.url);

export * from './index.ts';
