// The same for the script-tag build: one file that is loaded when a page resumes for the first time.

import { parts } from '../registry.js';
import { make } from './make.js';

parts['incoming-checkpoints.js'] = make;
