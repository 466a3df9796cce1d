import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { moment, percent, plural } from '../format.js';
import { type Finding } from '../records.js';
import { Bar } from '../ui/Bar.js';
import { Button } from '../ui/Button.js';
import { move } from '../ui/cells.js';

const HEIGHT = 44;

interface Props {
  findings: Finding[];
  marked: ReadonlySet<string>;
  onMark: (marked: ReadonlySet<string>) => void;
  busy: boolean;
  onConfirm?: (findings: Finding[]) => void;
  onReject?: (findings: Finding[]) => void;
  /** Tell which rules mask them. */
  onCover?: (findings: Finding[]) => void;
}

/** What was found, by ARIA's listbox: arrows move, the space bar marks, C confirms and R rejects what is marked or, with no mark, the line. */
export function Findings(props: Props) {
  const { findings, marked, onMark } = props;
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const active = Math.min(at, findings.length - 1);
  const virtual = useVirtualizer({
    count: findings.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    getItemKey: i => findings[i]!.id,
    overscan: 8,
    initialRect: { width: 800, height: 400 }
  });
  useEffect(() => {
    if (box.current?.contains(document.activeElement)) {
      virtual.scrollToIndex(active, { align: 'auto' });
    }
  }, [active, virtual]);
  const chosen = findings.filter(each => marked.has(each.id));
  const count = chosen.length > 0 ? ` ${chosen.length}` : '';
  // By keys, the line that one is at; a button's meaning must be seen without it.
  const meant = chosen.length > 0 ? chosen : findings.slice(active, active + 1);
  const toggle = (finding: Finding) => {
    const next = new Set(marked);
    if (!next.delete(finding.id)) {
      next.add(finding.id);
    }
    onMark(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || (event.key !== 'a' && (event.ctrlKey || event.metaKey))) {
      return;
    }
    const to = move(event.key, true, { row: active, column: 0 }, findings.length, 1, 10);
    if (to) {
      setAt(to.row);
    } else if (event.key === ' ') {
      toggle(findings[active]!);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      onMark(new Set(chosen.length === findings.length ? [] : findings.map(each => each.id)));
    } else if (event.key === 'c' && props.onConfirm && !props.busy) {
      props.onConfirm(meant);
    } else if (event.key === 'r' && props.onReject && !props.busy) {
      props.onReject(meant);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div
        ref={box}
        className="wb-findings"
        role="listbox"
        aria-label="Findings"
        aria-multiselectable="true"
        aria-activedescendant={`${id}-${active}`}
        tabIndex={0}
        data-lm-suppress-shortcuts="true"
        onKeyDown={onKeyDown}
      >
        <div role="presentation" className="wb-rows-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(item => {
            const finding = findings[item.index]!;
            return (
              <div
                key={item.key}
                id={`${id}-${item.index}`}
                role="option"
                aria-selected={marked.has(finding.id)}
                aria-posinset={item.index + 1}
                aria-setsize={findings.length}
                className="wb-finding"
                data-active={item.index === active || undefined}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => {
                  setAt(item.index);
                  toggle(finding);
                }}
              >
                <Line finding={finding} marked={marked.has(finding.id)} />
              </div>
            );
          })}
        </div>
      </div>
      <div className="wb-policy-foot">
        <p className="wb-hint" role="status">
          {chosen.length > 0 ? `${chosen.length} of ${plural(findings.length, 'finding')} marked` : plural(findings.length, 'finding')}
          {(props.onConfirm ?? props.onReject) && <span className="wb-keys"> · space marks{props.onConfirm && ', C confirms'}{props.onReject && ', R rejects'}</span>}
        </p>
        <span className="wb-gap" />
        {props.onReject && (
          <Button disabled={props.busy || chosen.length === 0} onClick={() => props.onReject?.(chosen)}>
            Reject{count}
          </Button>
        )}
        {props.onCover && (
          <Button disabled={props.busy || chosen.length === 0} onClick={() => props.onCover?.(chosen)}>
            What masks {chosen.length === 1 ? 'it' : 'them'}?
          </Button>
        )}
        {props.onConfirm && (
          <Button primary disabled={props.busy || chosen.length === 0} onClick={() => props.onConfirm?.(chosen)}>
            Confirm{count}
          </Button>
        )}
      </div>
    </>
  );
}

function Line({ finding, marked }: { finding: Finding; marked: boolean }) {
  const { decided_by: by, decided_at: at, note } = finding;
  return (
    <>
      <input type="checkbox" tabIndex={-1} aria-hidden="true" checked={marked} readOnly />
      <span className="wb-finding-words">
        <span className="wb-ellipsis" title={`${finding.dataset}.${finding.column}: ${finding.type}`}>
          {finding.dataset}.<strong>{finding.column}</strong> <span className="wb-tag">{finding.tag}</span>
        </span>
        <span className="wb-hint wb-ellipsis" title={finding.why}>
          {finding.why}
          {by && ` ${finding.state} by ${by}, ${moment(at)}`}
          {note && `: ${note}`}
        </span>
      </span>
      <span className="wb-share">
        <Bar share={finding.confidence} label={`sure by ${percent(finding.confidence)}`} />
        <span className="wb-number">{percent(finding.confidence)}</span>
      </span>
    </>
  );
}
