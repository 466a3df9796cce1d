import { type Host } from '../host.js';
import { type Column } from '../records.js';
import { EditableText } from '../ui/Editable.js';

/** What a column holds, in a person's words or else its file's, to be changed where it stands: below its name, or beside it where there is none. */
export function ColumnAbout(props: {
  host: Host;
  name: string;
  column: Column;
  /** What is being written; null where nothing is. */
  draft: string | null;
  onDraft: (text: string | null) => void;
  onChanged: () => void;
}) {
  const { host, name, column } = props;
  const text = column.description || column.doc;
  const save = async (description: string) => {
    await host.call('catalog.describe', { name, column: column.name, description });
    props.onChanged();
  };
  return (
    <div className="wb-column-about" data-said={text !== '' || props.draft !== null || undefined}>
      <EditableText
        label={`Description of ${column.name}`}
        text={text}
        add="Describe"
        rows={2}
        hint="Control Enter saves."
        draft={props.draft}
        onDraft={props.onDraft}
        onSave={save}
      >
        <span className="wb-ellipsis" title={column.description ? text : `${text}\nFrom the file`}>
          {text}
        </span>
      </EditableText>
    </div>
  );
}
