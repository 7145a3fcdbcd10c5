/** The script that stands in for the cloud's `aliyun-interaction-sdk.min.js`: it defines `window.AliyunInteraction`, at once. */

import { InteractionEngine } from './interaction/engine.ts';
import { InteractionEventNames, InteractionMessageTypes } from './interaction/types.ts';

Object.assign(globalThis, { AliyunInteraction: { InteractionEngine, InteractionEventNames, InteractionMessageTypes } });
