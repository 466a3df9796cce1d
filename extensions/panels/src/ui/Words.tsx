/** A sentence of the workbench's own, with what stands between backticks as code. */
export const Words = ({ text }: { text: string | null }) => (
  <>{text?.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
);
