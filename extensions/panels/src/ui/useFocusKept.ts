import { type RefObject, useEffect } from 'react';

const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]';

const canHold = (element: HTMLElement): boolean => element.isConnected && element.tabIndex >= 0 && element.matches(FOCUSABLE) && element.getClientRects().length > 0;
const isLost = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** Where an element stands: from the inside to the outside, each box around it and at which place of the box it is. */
type Path = readonly { box: Element; at: number }[];

function pathOf(element: Element, root: Element): Path {
  const path: { box: Element; at: number }[] = [];
  for (let each = element; each !== root && each.parentElement; each = each.parentElement) {
    path.push({ box: each.parentElement, at: [...each.parentElement.children].indexOf(each) });
  }
  return path;
}

/** What stands now where something has stood: there or after it, else the nearest before it, in the smallest box that is left. */
function heirOf(path: Path): HTMLElement | undefined {
  for (const { box, at } of path.filter(each => each.box.isConnected)) {
    const able = [...box.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(canHold);
    const children = [...box.children];
    const placeOf = (element: Element) => children.findIndex(child => child.contains(element));
    const heir = able.find(element => placeOf(element) >= at) ?? able.at(-1);
    if (heir) {
      return heir;
    }
  }
  return undefined;
}

/**
 * Where what has the focus goes away, what opened it gets the focus back, or else what stands in its place: who works with the keyboard
 * would have to begin again at the top of the page. A person who goes elsewhere is let go.
 */
export function useFocusKept(root: RefObject<HTMLElement>): void {
  useEffect(() => {
    const panel = root.current!;
    let last: HTMLElement | null = null;
    let path: Path = [];
    /** Whose opening moved the focus, and where to. */
    let opened: { by: HTMLElement; first: HTMLElement } | null = null;
    /** Whether something was just pressed: what takes the focus now was opened by it. */
    let pressed = false;

    const forget = () => {
      last = opened = null;
    };
    const onFocus = (event: FocusEvent) => {
      const to = event.target as HTMLElement;
      if (opened && !opened.first.isConnected) {
        opened = null;
      }
      if (panel.contains(to)) {
        if (pressed && last && last !== to) {
          opened = { by: last, first: to };
        }
        last = to;
        path = pathOf(to, panel);
      } else if (!to.closest('.wb-menu')) {
        forget();
      }
      pressed = false;
    };
    const onKey = (event: KeyboardEvent) => {
      pressed = event.key === 'Enter' || event.key === ' ';
    };
    const onPointer = (event: PointerEvent) => {
      pressed = false;
      if (!(event.target as Element).closest('.wb-menu')) {
        last = null;
      }
    };
    const onClick = () => {
      pressed = true;
    };
    const observer = new MutationObserver(() => {
      if (last?.isConnected) {
        path = pathOf(last, panel);
      }
      // A button that is disabled while it works gets the focus back with its next change.
      if (!last || !isLost() || (last.isConnected && !canHold(last))) {
        return;
      }
      const opener = opened && !opened.first.isConnected && canHold(opened.by) ? opened.by : undefined;
      (last.isConnected ? last : (opener ?? heirOf(path)))?.focus();
    });

    observer.observe(panel, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    document.addEventListener('focusin', onFocus);
    document.addEventListener('keydown', onKey, true);
    document.addEventListener('pointerdown', onPointer, true);
    document.addEventListener('click', onClick, true);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('keydown', onKey, true);
      document.removeEventListener('pointerdown', onPointer, true);
      document.removeEventListener('click', onClick, true);
    };
  }, [root]);
}
