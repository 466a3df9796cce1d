/** A few choices beside each other, of which one holds. */
export const Switch = <T extends string>(props: { label: string; choices: readonly (readonly [T, string])[]; value: T; onChange: (choice: T) => void }) => (
  <div className="wb-switch" role="group" aria-label={props.label}>
    {props.choices.map(([each, word]) => (
      <button key={each} type="button" aria-pressed={props.value === each} onClick={() => props.onChange(each)}>
        {word}
      </button>
    ))}
  </div>
);
