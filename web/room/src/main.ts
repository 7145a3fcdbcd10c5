/**
 * The script of the invite pages. The pages work without it, by their forms and links; with it what is new appears by
 * itself, and what was typed survives.
 */

import { keepTyped } from './kept.ts';
import { askOnce } from './leaving.ts';
import { Room } from './room.ts';

document.documentElement.classList.add('scripted');
keepTyped(document, sessionStorage);
const leaving = document.querySelector<HTMLDetailsElement>('details.leave');
if (leaving) askOnce(leaving);
if (document.body.classList.contains('room')) new Room(document).start();
