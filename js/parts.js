// What the script-tag build loads when it is needed. It lies next to the script.

import { parts } from './registry.js';

const POLICY = 'incoming-uploader';
const RULES = { createScriptURL: (url) => url };
/** @type {HTMLScriptElement | undefined} Elements can pose as `document.currentScript`. */
const own = Object(Reflect.get(Document.prototype, 'currentScript', document));
const made = {};
let policy = null;

/** Resolves with what a file makes. One that could not be loaded is loaded anew the next time. */
export function load(name, UploadError, ...given) {
  made[name] ??= find(name, UploadError).then((make) => make(...given));
  made[name].catch(() => {
    made[name] = null;
  });
  return made[name];
}

/** What pages that ask for Trusted Types take as the address of a script, if they allow our policy. */
export function trusted(url) {
  try {
    policy ??= globalThis.trustedTypes.createPolicy(POLICY, RULES);
  } catch {
    policy = RULES;
  }
  return policy.createScriptURL(url);
}

async function find(name, UploadError) {
  if (parts[name]) return parts[name];
  const url = addressOf(name, UploadError);
  const advice = await insert(url);
  // Some servers answer what they do not have with a page.
  if (!parts[name]) throw new Error(`incoming: ${url} could not be loaded${advice}`);
  return parts[name];
}

function addressOf(name, UploadError) {
  try {
    return new URL(name, own.src).href;
  } catch {
    const problem = 'incoming: this script was inlined into the page; load it by its address (src)';
    const advice = `so that it finds ${name} beside it, or inline ${name} as well`;
    throw new UploadError('unsupported', 8, `${problem} ${advice}`);
  }
}

/** Runs a script; resolves with advice, if there is any, in case it did not. */
function insert(url) {
  const script = document.createElement('script');
  try {
    script.src = trusted(url);
  } catch {
    const advice = `; the page has to allow the Trusted Types policy ${POLICY}`;
    return import(url).catch(() => {}).then(() => advice);
  }
  script.nonce = own.nonce;
  return new Promise((resolve) => {
    script.onload = script.onerror = () => resolve('');
    document.head.append(script);
  });
}
