/** A style sheet as text, for the bundle that brings its own. */
declare module '*.css' {
  const text: string;
  export default text;
}
