import { type DragEvent, useRef, useState } from 'react';

const holdsFiles = (event: DragEvent): boolean => [...event.dataTransfer.types].includes('Files');

/** Whether files hover over the panel, and what to hang on its root for that. */
export function useDrop(onFiles: (files: File[]) => void) {
  const [over, setOver] = useState(false);
  const leaving = useRef<ReturnType<typeof setTimeout>>();
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (holdsFiles(event)) {
          event.preventDefault();
          event.stopPropagation();
          event.dataTransfer.dropEffect = 'copy';
          clearTimeout(leaving.current);
          setOver(true);
        }
      },
      // Leaving one child for another also fires this; the next dragover cancels it.
      onDragLeave: () => {
        clearTimeout(leaving.current);
        leaving.current = setTimeout(() => setOver(false), 80);
      },
      onDrop: (event: DragEvent) => {
        if (holdsFiles(event)) {
          event.preventDefault();
          event.stopPropagation();
          clearTimeout(leaving.current);
          setOver(false);
          onFiles([...event.dataTransfer.files]);
        }
      }
    }
  };
}
