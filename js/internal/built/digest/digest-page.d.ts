export { serve } from '../../../digest/serve.js';
