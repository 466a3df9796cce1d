import { inWords } from './wording.js';

/**
 * A sentence of the workbench's own: options between backticks in the words of the panel, all else that stands there as code. `anyway`: what
 * the button is called that does it all the same.
 */
export const Words = ({ text, anyway }: { text: string | null; anyway?: string }) => (
  <>{text?.split('`').map((part, i) => (i % 2 === 0 ? part : (inWords(part, anyway) ?? <code key={i}>{part}</code>)))}</>
);
