export { collectImages } from './garbage-collection.ts';
export { ImagePuller, type ImageProvider } from './image-puller.ts';
