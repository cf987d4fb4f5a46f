import init from './rust_page.js';

await init();
