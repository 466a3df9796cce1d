/** A share from 0 to 1 as a bar with its figure; a colour never stands alone. */
export function Bar({ share, label, tone = 'plain' }: { share: number; label: string; tone?: 'plain' | 'good' | 'fair' | 'poor' }) {
  return (
    <span className="wb-bar" role="img" aria-label={label} title={label}>
      <span className={`wb-bar-fill wb-tone-${tone}`} style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
    </span>
  );
}

/** How a score of quality is spoken of: gold takes 0.8, silver 0.5. */
export const toneOf = (score: number): 'good' | 'fair' | 'poor' => (score >= 0.8 ? 'good' : score >= 0.5 ? 'fair' : 'poor');
