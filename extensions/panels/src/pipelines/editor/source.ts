/** The text of a `pipeline.yaml` where it is edited: a document of JupyterLab's, which saves it, and undoes. */
export interface PipelineSource {
  /** Of the file, below the workspace's folder. */
  readonly path: string;
  readonly readOnly: boolean;
  text(): string;
  /** Put other text in its place, as one thing that can be undone. */
  replace(text: string): void;
  undo(): void;
  redo(): void;
  save(): Promise<void>;
  /** Hear of every change of the text. Returns the unsubscription. */
  onChange(listener: () => void): () => void;
  /** Hear of files that are dropped here: paths below the pipeline's folder. */
  onDropped(listener: (files: string[]) => void): () => void;
  /** Show the text itself. */
  openText(): void;
  openFile(path: string): void;
  /** Make a schedule of the pipeline, where there is something for that. */
  readonly schedule?: () => void;
}
