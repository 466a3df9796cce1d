/** A field that narrows what is shown to what fits a text; JupyterLab's shortcuts leave alone what is typed. */
export const SearchField = (props: { label: string; placeholder?: string; className?: string; value: string; onChange: (text: string) => void }) => (
  <input
    type="search"
    className={props.className ? `wb-input ${props.className}` : 'wb-input'}
    aria-label={props.label}
    placeholder={props.placeholder ?? props.label}
    spellCheck={false}
    data-lm-suppress-shortcuts="true"
    value={props.value}
    onChange={event => props.onChange(event.target.value)}
  />
);
