import { Icon } from '../ui/Icon.js';

/** The filter, as JupyterLab's own look: it stays until it is cleared. */
export function SearchBox({ value, busy, onChange }: { value: string; busy: boolean; onChange: (text: string) => void }) {
  return (
    <div className="wb-search" data-lm-suppress-shortcuts="true" data-busy={busy || undefined}>
      <input
        className="wb-input"
        type="search"
        aria-label="Search datasets and columns"
        placeholder="Search"
        spellCheck={false}
        value={value}
        onChange={event => onChange(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape' && value) {
            onChange('');
            event.stopPropagation();
          } else if (event.key === 'ArrowDown') {
            event.currentTarget.closest('.wb-catalog')?.querySelector<HTMLElement>('[role=tree]')?.focus();
            event.preventDefault();
          }
        }}
      />
      <Icon name="search" />
    </div>
  );
}
