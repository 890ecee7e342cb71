// A gallery of postcards: what is shown comes from cards.json.
const viewer = document.querySelector("#viewer");
viewer.querySelector("button").addEventListener("click", () => viewer.close());

function thumbnail({ title, file }) {
  const button = document.createElement("button");
  const image = new Image();
  image.loading = "lazy";
  image.src = `assets/cards/${file}`;
  image.alt = title;
  button.append(image, title);
  button.addEventListener("click", () => {
    viewer.querySelector("img").src = image.src;
    viewer.showModal();
  });
  return button;
}

const { cards } = await (await fetch("cards.json")).json();
document.querySelector("#cards").append(...cards.map(thumbnail));
{{ready}}
