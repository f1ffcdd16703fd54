declare const __DEV__: boolean;

/** Whether mistakes of the page are pointed out. The build decides; minified bundles do not. */
export const DEV = __DEV__;
