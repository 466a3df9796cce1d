import { type FocusEvent, type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { Icon } from './Icon.js';
import { type IconName } from './icons.js';

export interface MenuItem {
  label: string;
  icon?: IconName;
  run: () => void;
}

export interface MenuAt {
  x: number;
  y: number;
  items: MenuItem[];
}

/** A context menu, by ARIA's menu pattern. The focus goes back to where it was, unless something else takes it: then the menu closes. */
export function Menu({ at, onClose }: { at: MenuAt; onClose: () => void }) {
  const box = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState(0);
  const [place, setPlace] = useState({ left: at.x, top: at.y });

  useLayoutEffect(() => {
    const size = box.current!.getBoundingClientRect();
    setPlace({
      left: Math.max(4, Math.min(at.x, window.innerWidth - size.width - 4)),
      top: Math.max(4, Math.min(at.y, window.innerHeight - size.height - 4))
    });
  }, [at]);

  // Kept aside, so that the panel drawing itself again does not move the focus.
  const close = useRef(onClose);
  close.current = onClose;
  const taken = useRef(false);
  // Before it can be seen: a key that is pressed at once would go to what lies behind it.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const away = () => close.current();
    const outside = (event: Event) => box.current?.contains(event.target as Node) || away();
    document.addEventListener('pointerdown', outside, true);
    window.addEventListener('blur', away);
    return () => {
      document.removeEventListener('pointerdown', outside, true);
      window.removeEventListener('blur', away);
      if (!taken.current) {
        before?.focus();
      }
    };
  }, []);

  useLayoutEffect(() => (box.current?.children[active] as HTMLElement | undefined)?.focus(), [active]);

  // A menu that no key reaches any more would stay open. Who has taken the focus keeps it.
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget && !box.current?.contains(relatedTarget)) {
      taken.current = true;
      onClose();
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const n = at.items.length;
    const moves: Record<string, number> = { ArrowDown: (active + 1) % n, ArrowUp: (active + n - 1) % n, Home: 0, End: n - 1 };
    const to = moves[event.key];
    if (to !== undefined) {
      setActive(to);
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      onClose();
    } else if (event.key === 'Enter' || event.key === ' ') {
      choose(at.items[active]!);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = (item: MenuItem) => {
    onClose();
    item.run();
  };

  return createPortal(
    <ul ref={box} className="wb-menu" role="menu" style={place} onKeyDown={onKeyDown} onBlur={onBlur}>
      {at.items.map((item, i) => (
        <li
          key={item.label}
          role="menuitem"
          tabIndex={-1}
          onClick={() => choose(item)}
          onPointerEnter={() => setActive(i)}
        >
          {item.icon ? <Icon name={item.icon} /> : <span className="wb-icon" />}
          {item.label}
        </li>
      ))}
    </ul>,
    document.body
  );
}
