import { useCallback, useEffect, useRef, useState } from 'react';

/** A sentence that is said and then goes away by itself. */
export function useNotice(): [text: string, say: (text: string) => void] {
  const [text, setText] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = useCallback((words: string) => {
    setText(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(''), 4000);
  }, []);
  return [text, say];
}

export const Notice = ({ text }: { text: string }) => (
  <div className="wb-notice" role="status" data-shown={text !== '' || undefined}>
    {text}
  </div>
);
