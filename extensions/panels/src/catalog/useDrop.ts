import { type DragEvent, useRef, useState } from 'react';
import { droppedFiles, MOST_DROPPED } from './dropped.js';

const holdsFiles = (event: DragEvent): boolean => [...event.dataTransfer.types].includes('Files');

/** Whether files hover over the panel, and what to hang on its root for that. `say` tells why nothing comes of a drop. */
export function useDrop(onFiles: (files: File[]) => void, say: (words: string) => void) {
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
          void droppedFiles(event.dataTransfer).then(
            files => {
              if (files.length === 0) {
                say('There is no file in it.');
              } else if (files.length > MOST_DROPPED) {
                say(`More than ${MOST_DROPPED} files: drop fewer, or name the folder as a path.`);
              } else {
                onFiles(files);
              }
            },
            (problem: unknown) => say(`The browser could not read it: ${(problem as Error).message}`)
          );
        }
      }
    }
  };
}
