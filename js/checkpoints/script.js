// The same for the script-tag build: one file that is loaded when a page resumes for the first time.

import { make } from './make.js';

document.currentScript.make = make;
