export { collectImages } from './garbage-collection.ts';
export { ImageError, ImagePuller, type ImageEvent, type ImageProvider } from './image-puller.ts';
