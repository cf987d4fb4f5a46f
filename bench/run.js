// Measures uploads in a real browser against the release server, always beside a peer.
//
//   npm run bench                          everything
//   npm run bench -- throughput memory     only these
//   npm run bench -- --rounds 9            more rounds than 5
//   npm run bench -- beside --package ../before/pkg --rounds 15
//                                          beside another build of this package, in pairs

import { parseArgs } from 'node:util';
import { main, run } from '../scripts/lib/run.js';
import { setUpBrowser, setUpBuild } from '../scripts/lib/setup.js';

const ALL = ['throughput', 'protocols', 'memory', 'first-byte', 'digest', 'verify'];
const WITHOUT_SERVER = ['digest'];

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '5' }, package: { type: 'string' } },
  });
  await setUpBuild();
  const { chrome } = await setUpBrowser();
  process.env.CHROME = chrome;
  await run(process.execPath, ['scripts/build.js']);
  const names = positionals.length > 0 ? positionals : ALL;
  if (names.some((name) => !WITHOUT_SERVER.includes(name))) {
    await run('cargo', ['build', '--release', '--package', 'incoming-server']);
  }
  for (const name of names) {
    const { measure } = await import(`./${name}.js`);
    console.log(`\n${await measure(Number(values.rounds), values)}`);
  }
});
