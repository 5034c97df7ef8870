/** A coin, bill or card on its way into its slot. */
export function fly(piece, slot) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const from = piece.getBoundingClientRect();
  const to = slot.querySelector('.gap').getBoundingClientRect();
  const ghost = piece.cloneNode(true);
  ghost.classList.add('flying');
  ghost.inert = true;
  Object.assign(ghost.style, { left: `${from.left}px`, top: `${from.top}px`, width: `${from.width}px`, height: `${from.height}px` });
  document.body.append(ghost);
  const dx = to.left + to.width / 2 - (from.left + from.width / 2);
  const dy = to.top + to.height / 2 - (from.top + from.height / 2);
  const frames = [
    { transform: 'none', opacity: 1 },
    { transform: `translate(${dx}px, ${dy}px) scale(0.8)`, opacity: 1, offset: 0.75 },
    { transform: `translate(${dx}px, ${dy}px) scale(0.8, 0.05)`, opacity: 0.4 },
  ];
  ghost.animate(frames, { duration: 420, easing: 'cubic-bezier(0.3, 0, 0.3, 1)' }).onfinish = () => ghost.remove();
  slot.animate([{ filter: 'brightness(1)' }, { filter: 'brightness(1.5)' }, { filter: 'brightness(1)' }], { duration: 320, delay: 330 });
}
