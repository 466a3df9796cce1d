import { type MouseEvent, type ReactNode } from 'react';
import { Icon } from './Icon.js';
import { ROW_HEIGHT, type TreeRow } from './tree.js';
import { type RowPlace } from './VirtualTree.js';

const INDENT = 14;

/** One line of a tree, where its tree has placed it. */
export function TreeLine(props: {
  row: TreeRow;
  place: RowPlace;
  kind: string;
  selected: boolean;
  title?: string;
  height?: number;
  /** Place among its siblings, from 1, and how many they are; -1 where there are more than are known. */
  position?: number;
  siblings?: number;
  onClick: (event: MouseEvent) => void;
  onDoubleClick: () => void;
  /** Pressed the caret; without, it is a part of the line. */
  onToggle?: () => void;
  onMenu?: (event: MouseEvent) => void;
  children: ReactNode;
}) {
  const { row, place, onMenu, onToggle } = props;
  return (
    <div
      id={place.id}
      className={`wb-row wb-row-${props.kind}`}
      role="treeitem"
      aria-level={row.level}
      aria-posinset={props.position}
      aria-setsize={props.siblings}
      aria-expanded={row.open}
      aria-selected={props.selected}
      data-active={place.active || undefined}
      title={props.title}
      style={{ transform: `translateY(${place.top}px)`, height: props.height ?? ROW_HEIGHT, paddingLeft: 4 + (row.level - 1) * INDENT }}
      onClick={props.onClick}
      onDoubleClick={props.onDoubleClick}
      onContextMenu={
        onMenu &&
        (event => {
          event.preventDefault();
          event.stopPropagation();
          onMenu(event);
        })
      }
    >
      <span
        className="wb-caret"
        data-open={row.open || undefined}
        onClick={
          onToggle &&
          (event => {
            event.stopPropagation();
            onToggle();
          })
        }
      >
        {row.open !== undefined && <Icon name="caretRight" />}
      </span>
      {props.children}
    </div>
  );
}
