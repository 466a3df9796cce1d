import { exact } from '../format.js';
import { sheetsBeside } from './item.js';
import { type ItemProps } from './ItemView.js';

/** The sheets of a workbook that nobody looks at yet, and the click that does. */
export function OtherSheets({ item, imports }: Pick<ItemProps, 'item' | 'imports'>) {
  const sheets = sheetsBeside(item, imports.snapshot().items);
  if (sheets.length === 0) {
    return null;
  }
  return (
    <p className="wb-warning" role="status">
      {sheets.length === 1 ? 'Another sheet is' : `${exact(sheets.length)} other sheets are`} in {item.label.split('#')[0]}.{' '}
      <button type="button" className="wb-link" onClick={() => imports.addSheets(item.id, sheets)}>
        Look at {sheets.length === 1 ? sheets[0] : 'them'}, too
      </button>
    </p>
  );
}
