import { VirtualTree } from '../ui/VirtualTree.js';
import { type Row as RowData, rowHeight, rowText } from './rows.js';
import { Row, type RowActions } from './Row.js';

/** Zones, groups, datasets and their columns, or what a search found. */
export function Tree(props: {
  label: string;
  rows: RowData[];
  query: string;
  active: string | null;
  selected: string | null;
  /** A row to bring into sight as soon as it is there. */
  sought?: string | null;
  onSought?: () => void;
  onActive: (key: string) => void;
  onEscape: () => void;
  actions: RowActions;
}) {
  const { actions } = props;
  return (
    <VirtualTree
      label={props.label}
      rows={props.rows}
      active={props.active}
      sought={props.sought}
      onSought={props.onSought}
      onActive={props.onActive}
      onToggle={actions.onToggle}
      onOpen={actions.onOpen}
      onPick={actions.onPick}
      onEscape={props.onEscape}
      onMenu={actions.onMenu}
      heightOf={rowHeight}
      textOf={rowText}
      draw={(row, { id, top, active }) => (
        <Row key={row.key} id={id} top={top} active={active} row={row} query={props.query} selected={row.key === props.selected} actions={actions} />
      )}
    />
  );
}
