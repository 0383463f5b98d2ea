import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
await useBackend('wasm',{threads:Number(process.argv[5])});
const which=process.argv[2], sp=Number(process.argv[3]), steps=Number(process.argv[4]);
const {layers}=tf;const init=(seed)=>({kernelInitializer:tf.initializers.glorotUniform({seed})});const conv=(filters,rest={})=>layers.conv2d({filters,kernelSize:3,padding:'same',activation:'relu',...init(filters),...rest});const dense=(units,rest={})=>layers.dense({units,activation:'relu',...init(units),...rest});const pool=()=>layers.maxPooling2d({poolSize:2});
const plain=which==='mlp'?tf.sequential({layers:[dense(512,{inputShape:[784]}),dense(512),layers.dense({units:16,activation:'softmax',...init(3)})]}):tf.sequential({layers:[conv(32,{inputShape:[32,32,4]}),conv(64),pool(),conv(128),pool(),conv(128),layers.flatten(),layers.dense({units:10,activation:'softmax',...init(4)})]});
const batch=which==='mlp'?[128,784]:[32,32,32,4];
const m=sp>0?sparsify(plain,{execution:'sparse'}):plain;
if(sp>0){const ks=prunableKernels(m);ks.forEach((k,i)=>{if(i===ks.length-1||(i===0&&k.info.kind==='conv2d'))return;const rng=createRng(`b${i}`);const size=k.info.shape.reduce((a,b)=>a*b,1);const mask=Uint8Array.from({length:size},()=>rng.uniform()<sp?0:1);k.repack({forward:mask,backward:mask,gradient:mask},{pruned:'zero',slots:'zero',decay:0})});}
m.compile({optimizer:tf.train.sgd(.01),loss:'categoricalCrossentropy'});
const n=plain.outputShape[1];const xs=tf.randomNormal(batch,0,1,'float32',3);const ys=tf.tidy(()=>tf.oneHot(tf.range(0,batch[0]).mod(n).toInt(),n).mul(1));
const t=[],w=[];let loss;for(let i=0;i<steps;i++){const c=process.cpuUsage(),p=performance.now();loss=await m.trainOnBatch(xs,ys);const u=process.cpuUsage(c);t.push((u.user+u.system)/1000);w.push(performance.now()-p)}
const q=a=>{a=a.slice(steps>>2).sort((x,y)=>x-y);return [.1,.5].map(f=>a[Math.floor(a.length*f)].toFixed(2)).join(' ')};
console.log(which,sp,'cpu p10/50',q(t),'wall p10/50',q(w),'loss',loss);
