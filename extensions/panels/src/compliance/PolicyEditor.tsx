import { useEffect, useRef, useState } from 'react';
import { Skeleton } from '../ui/States.js';
import { type Editor } from './editor.js';

/** A text of YAML with numbered lines; its code comes when it is first looked at. `wrong`: a line from 1 and what is not right there. */
export function PolicyEditor(props: {
  label: string;
  text: string;
  wrong: { line: number; message: string } | null;
  /** A line to go to; the number makes every wish new. */
  sought: { line: number; round: number } | null;
  onChange: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<Editor | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    let made: Editor | null = null;
    let gone = false;
    void import('./editor.js').then(({ createEditor }) => {
      if (!gone && box.current) {
        made = createEditor(box.current, latest.current.text, latest.current.label, text => latest.current.onChange(text));
        setEditor(made);
      }
    });
    return () => {
      gone = true;
      made?.end();
    };
  }, []);
  useEffect(() => editor?.set(props.text), [editor, props.text]);
  const { wrong, sought } = props;
  useEffect(() => editor?.mark(wrong?.line ?? null, wrong?.message ?? ''), [editor, wrong?.line, wrong?.message]);
  useEffect(() => {
    if (sought) {
      editor?.show(sought.line);
    }
    // A wish is fulfilled once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [editor, sought?.round]);
  return (
    <div className="wb-code" ref={box} data-lm-suppress-shortcuts="true">
      {!editor && <Skeleton label="Preparing the editor" />}
    </div>
  );
}
