import { findTool, installDebian, setUpTool } from './setup.js';
import { which } from './which.js';

const DRIVER = ['geckodriver', 'geckodriver', '0.37.1'];

/** What the tests need for Firefox and where it is, or null; with `installs` it is installed on Debian. */
export async function setUpFirefox({ installs }) {
  if (installs && !findFirefox()) await installDebian('firefox-esr');
  const firefox = findFirefox();
  if (!firefox) return null;
  const geckodriver = findDriver() ?? (installs ? await setUpTool(...DRIVER) : null);
  return geckodriver ? { firefox, geckodriver } : null;
}

function findFirefox() {
  return process.env.FIREFOX ?? which('firefox', 'firefox-esr');
}

function findDriver() {
  const [name, , version] = DRIVER;
  return process.env.GECKODRIVER ?? which(name) ?? findTool(name, version);
}
