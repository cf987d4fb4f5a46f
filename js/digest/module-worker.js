// The worker of the ES module.

import { work } from './worker.js';

work();
