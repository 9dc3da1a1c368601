// Go to: another page of the console, without loading it anew.

export function goTo(url: string): void {
  history.pushState(null, "", url);
  dispatchEvent(new PopStateEvent("popstate"));
}
