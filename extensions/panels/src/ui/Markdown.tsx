import { Fragment, type ReactNode, useMemo } from 'react';
import { type Block, blocks, type Inline } from './blocks.js';

const Words = ({ parts }: { parts: Inline[] }): ReactNode =>
  parts.map((part, i) => {
    switch (part.kind) {
      case 'text':
        return <Fragment key={i}>{part.text}</Fragment>;
      case 'code':
        return <code key={i}>{part.text}</code>;
      case 'strong':
        return (
          <strong key={i}>
            <Words parts={part.inside} />
          </strong>
        );
      case 'em':
        return (
          <em key={i}>
            <Words parts={part.inside} />
          </em>
        );
      case 'link':
        return (
          <a key={i} href={part.href} target="_blank" rel="noopener noreferrer">
            <Words parts={part.inside} />
          </a>
        );
    }
  });

function draw(block: Block): ReactNode {
  switch (block.kind) {
    case 'heading':
      return (
        <p className="wb-md-heading" role="heading" aria-level={Math.min(6, block.level + 2)}>
          <Words parts={block.inside} />
        </p>
      );
    case 'paragraph':
      return (
        <p>
          <Words parts={block.inside} />
        </p>
      );
    case 'quote':
      return (
        <blockquote>
          <Words parts={block.inside} />
        </blockquote>
      );
    case 'code':
      return <pre>{block.text}</pre>;
    case 'rule':
      return <hr />;
    case 'list': {
      const items = block.items.map((item, i) => (
        <li key={i}>
          <Words parts={item} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

/** A person's own text, as Markdown. */
export function Markdown({ text }: { text: string }) {
  const parts = useMemo(() => blocks(text), [text]);
  return (
    <div className="wb-md">
      {parts.map((block, i) => (
        <Fragment key={i}>{draw(block)}</Fragment>
      ))}
    </div>
  );
}
