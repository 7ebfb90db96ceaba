// The shape of vendor/ui.js as far as the pages are checked against it.
export function h(type: any, props?: any, ...children: any[]): any;
export function render(tree: any, parent: Element): void;
export const Fragment: any;
export function createContext(value?: any): any;
export function html(strings: TemplateStringsArray, ...values: any[]): any;
export function useState<T>(start: T | (() => T)): [T, (next: T | ((last: T) => T)) => void];
export function useEffect(run: () => void | (() => void), inputs?: any[]): void;
export function useLayoutEffect(run: () => void | (() => void), inputs?: any[]): void;
export function useMemo<T>(make: () => T, inputs: any[]): T;
export function useCallback<T>(f: T, inputs: any[]): T;
export function useRef<T>(start: T): { current: T };
export function useContext(context: any): any;
export function useErrorBoundary(f?: (e: any) => void): [any, () => void];
