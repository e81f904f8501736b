/** What a page in the main area is given: which object, and how it is looked at. */
export interface IDocumentProps {
  /** The object's full name, or its id. */
  name: string;
  part?: string;
  /** View state that belongs into a link: the tab, a version. */
  query: Readonly<Record<string, string>>;
  /** Change the view state; undefined leaves a key out. */
  onQuery: (change: Record<string, string | undefined>) => void;
  /** Name the document's tab once its object is known. */
  onTitle: (label: string) => void;
}
