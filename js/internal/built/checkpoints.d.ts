export { make } from '../../checkpoints/make.js';
