export { make } from '../../digest/module.js';
