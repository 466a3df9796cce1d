import { memo } from 'react';
import { type Family } from '../types.js';
import { ICONS, type IconName } from './icons.js';

/** An icon; decoration only, the word stands beside it or in the button's label. */
export const Icon = memo(function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  return <span className={`wb-icon ${className}`} aria-hidden="true" dangerouslySetInnerHTML={{ __html: ICONS[name] }} />;
});

const FAMILY_ICON: Record<Family, IconName> = {
  number: 'typeNumber',
  text: 'typeText',
  time: 'typeTime',
  boolean: 'typeBoolean',
  nested: 'typeNested',
  binary: 'typeBinary',
  other: 'typeOther'
};

export const TypeIcon = ({ family }: { family: Family }) => <Icon name={FAMILY_ICON[family]} className="wb-type-icon" />;
