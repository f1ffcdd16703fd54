/** Calls what is the page's own. What it throws is reported, and does not stop what comes behind. */
export function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    setTimeout(() => {
      throw error;
    }, 0);
  }
}
