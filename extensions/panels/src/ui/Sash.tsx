import { type KeyboardEvent, type PointerEvent } from 'react';

const LEAST = 15;
const MOST = 85;

/** The line before the second of two parts: drag it, or move it with the arrow keys. `share` is the second's part in percent. */
export function Sash({ share, onChange, label = 'Size of the details' }: { share: number; onChange: (share: number) => void; label?: string }) {
  const set = (value: number) => onChange(Math.round(Math.max(LEAST, Math.min(MOST, value))));
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    const sash = down.currentTarget;
    const area = sash.parentElement!.parentElement!.getBoundingClientRect();
    const beside = getComputedStyle(sash).cursor === 'col-resize';
    sash.setPointerCapture(down.pointerId);
    sash.onpointermove = move =>
      set(beside ? ((area.right - move.clientX) / area.width) * 100 : ((area.bottom - move.clientY) / area.height) * 100);
    sash.onpointerup = () => {
      sash.onpointermove = null;
    };
    down.preventDefault();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: 5, ArrowLeft: 5, ArrowDown: -5, ArrowRight: -5 }[event.key];
    if (step) {
      set(share + step);
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <div
      className="wb-sash"
      role="separator"
      aria-label={label}
      aria-valuenow={share}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
