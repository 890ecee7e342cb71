/** Makes elements. Whatever text comes in stays text: nothing here reads markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** `properties` are attributes, but for `on`: listeners by event. What is null isn't there. */
export function element(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for a part of a drawing. */
export function shape(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

export function button(text, onClick, properties) {
  return element('button', { type: 'button', on: { click: onClick }, ...properties }, text);
}

/** A button that says to the ear what it is about, where the eye sees it anyway. */
export function namedButton(text, about, onClick, properties) {
  return button(`${text}…`, onClick, { 'aria-label': `${text} ${about}…`, ...properties });
}

export function link(text, href, properties) {
  return element('a', { href, ...properties }, text);
}

/** A link where the text is an address of the web; anything else, such as a script, stays text. */
export function webLink(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return text;
  return link(text, url.href, { rel: 'noreferrer noopener', target: '_blank' });
}

/** A control with its label, and a hint that is read out with it. */
export function field(label, control, hint) {
  const parts = [element('label', { for: control.id }, label), control];
  if (hint) {
    const id = `${control.id}-hint`;
    control.setAttribute('aria-describedby', id);
    parts.push(element('p', { class: 'hint', id }, hint));
  }
  return element('div', { class: 'field' }, ...parts);
}

/** A box to tick, with its label beside it. */
export function tick(id, label, properties) {
  const box = element('input', { type: 'checkbox', id, ...properties });
  return element('div', { class: 'tick' }, box, element('label', { for: id }, label));
}

function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else {
      made.setAttribute(name, value === true ? '' : value);
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}
