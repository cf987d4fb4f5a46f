// Builds the example in Rust and says where it is.

import { buildExample } from './lib/example.js';
import { main } from './lib/run.js';
import { setUpBuild } from './lib/setup.js';

await main(async () => {
  await setUpBuild();
  const folder = await buildExample();
  console.log(`\nThe page is in ${folder}; "npm start -- --www ${folder}" serves it.`);
});
