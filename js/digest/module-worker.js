// The worker of the ES module.

import { work } from './serve.js';

work();
